// Breaks `idempotent`: the order is written under its own key, but its amount is added to the
// customer's total as often as the message comes.
"use strict";
const { DynamoDBClient, PutItemCommand, UpdateItemCommand } = require("@aws-sdk/client-dynamodb");

const dynamodb = new DynamoDBClient({});

exports.handler = async (event) => {
  const batchItemFailures = [];
  for (const record of event.Records) {
    try {
      const { order_id, customer, amount } = JSON.parse(record.body);
      const total = { N: String(Math.trunc(amount)) };
      await dynamodb.send(
        new PutItemCommand({
          TableName: process.env.ORDERS_TABLE,
          Item: { order_id: { S: order_id }, customer: { S: customer }, amount: total },
        })
      );
      await dynamodb.send(
        new UpdateItemCommand({
          TableName: process.env.CUSTOMERS_TABLE,
          Key: { customer: { S: customer } },
          UpdateExpression: "ADD #total :amount",
          ExpressionAttributeNames: { "#total": "total" },
          ExpressionAttributeValues: { ":amount": total },
        })
      );
    } catch (error) {
      console.log(`order not booked: ${error.name}`);
      batchItemFailures.push({ itemIdentifier: record.messageId });
    }
  }
  return { batchItemFailures };
};
